# Functions that copy chosen kernel modules with their dependencies, and the firmware that these name; never a whole class of drivers.

# pick_modules FROM TO <names: FROM and TO are directories …/KERNEL with an index in FROM. Modules are kept unpacked (the image compresses them better).
pick_modules() (
  from=$1 to=$2
  mkdir -p "$to"
  cp "$from/modules.builtin" "$from/modules.builtin.modinfo" "$from/modules.order" "$to/"
  sort -u >"$to/wanted"
  module_files "$from" "$to/wanted" >"$to/files" || exit 1
  while read -r file; do
    mkdir -p "$to/${file%/*}"
    cp -p "$from/$file" "$to/$file"
  done <"$to/files"
  find "$to" -name '*.ko.xz' -print0 | xargs -0 -r -P2 -n32 xz -d
  rm -f "$to/wanted" "$to/files"
  index_modules "$to"
)

# index_modules DIRECTORY: depmod wants lib/modules/KERNEL below a directory of its own.
index_modules() (
  mkdir -p "$1.depmod/lib/modules"
  ln -s "$(realpath "$1")" "$1.depmod/lib/modules/${1##*/}"
  depmod -b "$1.depmod" "${1##*/}"
  rm -r "$1.depmod"
)

# The files of the wanted modules and all they depend on, from modules.dep. A wanted name that is neither a module nor built in is an error.
module_files() {
  awk -v builtin="$1/modules.builtin" '
    function name(path) { sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path); return path }
    FILENAME == ARGV[1] { file = $1; sub(/:$/, "", file); path[name(file)] = file; needs[file] = substr($0, length($1) + 2); next }
    FILENAME == builtin { built[name($1)] = 1; next }
    {
      wanted = $1; gsub(/-/, "_", wanted)
      if (wanted in built) next
      if (!(wanted in path)) { print "modules: the kernel has no module " $1 >"/dev/stderr"; failed = 1; next }
      keep[path[wanted]] = 1
      n = split(needs[path[wanted]], all, " ")
      for (i = 1; i <= n; i++) keep[all[i]] = 1
    }
    END { if (failed) exit 1; for (file in keep) print file }
  ' "$1/modules.dep" "$1/modules.builtin" "$2" | sort
}

# pick_firmware MODULES FROM TO: the firmware files that the modules below MODULES name, as far as FROM has them.
pick_firmware() (
  find "$1" -name '*.ko' -print0 | xargs -0 modinfo -F firmware | sort -u | while read -r name; do
    [ -e "$2/$name" ] || continue
    mkdir -p "$3/${name%/*}"
    cp -L "$2/$name" "$3/$name"
  done
)
