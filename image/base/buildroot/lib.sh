# Functions around Buildroot's make that its build and its programs share; never runs Buildroot outside the tools tree.
# Expects: repository, work (the directory of all that Buildroot makes), BUILDROOT, BR2_DL_DIR and BR2_PACKAGE_OVERRIDE_FILE as the user gave them.

. "$repository/image/base/buildroot/release"

external=$repository/buildroot-config
bundles=$repository/build/control
source_tree=${BUILDROOT:-$work/source}
downloads=${BR2_DL_DIR:-$work/downloads}
sdk=$work/sdk
output=$work/output
log=$output/build.log

# in_tools COMMAND…: in the tools tree, with the user's directories at their own paths.
in_tools() {
  overrides=${BR2_PACKAGE_OVERRIDE_FILE:-}
  CORBEL_SEEN="$(seen "$source_tree" "$downloads" ${overrides:+"$(dirname "$overrides")"}) ${CORBEL_SEEN:-}" "$repository/image/in-tools" "$@"
}

# Those of the directories that are not in the repository anyway.
seen() {
  for directory in "$@"; do
    case $directory/ in "$repository"/*) ;; *) printf '%s ' "$directory" ;; esac
  done
}

# buildroot DIRECTORY TARGET…: Buildroot's make with its output there. The environment is its own: variables of our make mean other things to it.
buildroot() {
  directory=$1
  shift
  in_tools env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 FORCE_UNSAFE_CONFIGURE=1 \
    GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory 'GIT_CONFIG_VALUE_0=*' \
    ${https_proxy:+"https_proxy=$https_proxy"} ${http_proxy:+"http_proxy=$http_proxy"} ${no_proxy:+"no_proxy=$no_proxy"} \
    make -C "$source_tree" O="$directory" BR2_EXTERNAL="$external" BR2_DL_DIR="$downloads" CORBEL_BUNDLES="$bundles" \
    ${BR2_PACKAGE_OVERRIDE_FILE:+BR2_PACKAGE_OVERRIDE_FILE="$BR2_PACKAGE_OVERRIDE_FILE"} "$@"
}

# watched TOTAL DIRECTORY TARGET…: the same with one line a step on the screen and everything in the log.
watched() {
  expected=$1
  shift
  rm -f "$output/.succeeded"
  begun=$(find "$1/build" -mindepth 2 -maxdepth 2 -name '.stamp_*installed' -printf '%h\n' 2>/dev/null | sort -u | wc -l)
  mkdir -p "$output"
  { buildroot "$@" 2>&1 && echo done >"$output/.succeeded"; } | tee -a "$log" | show_steps "$begun" "$expected"
  if [ -e "$output/.succeeded" ]; then rm "$output/.succeeded" && return 0; fi
  echo "base: Buildroot failed; the end of $log:" >&2
  tail -n 30 "$log" >&2
  exit 1
}

# Buildroot marks the beginning of each step: `>>> NAME VERSION What`.
show_steps() {
  awk -v n="$1" -v total="$2" '
    { gsub(/\033\[[0-9;]*m/, "") }
    /^>>> / {
      if (!($2 in seen)) { seen[$2] = 1; n++ }
      if (n > total) total = n
      printf "    [%3d/%d] %s\n", n, total, substr($0, 5)
      fflush()
    }'
}

# packages COMMAND…: what Buildroot says about its packages, read by packages.ts.
packages() { node "$repository/build/base/packages.mjs" "$@"; }
