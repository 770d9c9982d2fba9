# Functions that copy chosen files and the libraries they need from an unpacked tree; never copies what nobody asked for.
# Both trees have /bin, /sbin, /lib and /lib64 merged into /usr.

# pick_files FROM TO <paths: copies files, directories and links (with what they point to).
pick_files() (
  from=$1 to=$2
  while read -r wanted; do
    found=false
    for path in "$from"$wanted; do
      [ -e "$path" ] || [ -L "$path" ] || continue
      found=true
      copy_with_targets "$from" "$to" "${path#"$from"}"
    done
    $found || { echo "base: $wanted is in no package" >&2; exit 1; }
  done
)

# A link is kept as a link, and its target is copied too. Absolute targets are inside the tree.
copy_with_targets() {
  mkdir -p "$2$(dirname "$3")"
  cp -a "$1$3" "$2$(dirname "$3")/"
  if [ -L "$1$3" ]; then
    target=$(readlink "$1$3")
    case $target in
      /*) ;;
      *) target=$(realpath -ms "$(dirname "$3")/$target") ;;
    esac
    case $target in
      /lib/* | /lib64/* | /bin/* | /sbin/*) target=/usr$target ;;
    esac
    [ -e "$2$target" ] || copy_with_targets "$1" "$2" "$target"
  fi
}

# pick_libraries FROM TO: adds the shared libraries and loaders that the ELF files of TO name, until nothing is missing.
pick_libraries() (
  from=$1 to=$2
  libraries=/usr/lib/x86_64-linux-gnu
  mkdir -p "$to/usr/bin" "$to/usr/sbin" "$to/usr/lib" "$to/usr/lib64"
  for merged in bin sbin lib lib64; do ln -sfn "usr/$merged" "$to/$merged"; done
  : >"$to.needed"
  while :; do
    elf_files "$to" | xargs -0 readelf -dW 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u >"$to.needed.new"
    if cmp -s "$to.needed" "$to.needed.new"; then break; fi
    while read -r name; do
      [ -e "$to$libraries/$name" ] && continue
      case $name in
        ld-linux-x86-64.so.2) echo "/usr/lib64/$name" ;;
        *) echo "$libraries/$name" ;;
      esac
    done <"$to.needed.new" | pick_files "$from" "$to"
    mv "$to.needed.new" "$to.needed"
  done
  [ -e "$to/usr/lib64/ld-linux-x86-64.so.2" ] || echo /usr/lib64/ld-linux-x86-64.so.2 | pick_files "$from" "$to"
  rm -f "$to.needed" "$to.needed.new"
)

elf_files() { find "$1" -type f \( -perm /111 -o -name '*.so*' \) -print0; }
