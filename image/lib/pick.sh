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

# Where the loaders of glibc and of musl look, in trees of Debian and of Buildroot, and where swtpm's own run path leads.
library_directories='/usr/lib/x86_64-linux-gnu /usr/lib64 /usr/lib /usr/lib/x86_64-linux-gnu/swtpm /usr/lib/swtpm'

# library_path TREE SONAME: where in the tree the library lies.
library_path() {
  for directory in $library_directories; do
    # A directory that is a link to another is looked through under its real name: loaders do not know the other.
    if [ -L "$1$directory" ]; then continue; fi
    if [ -e "$1$directory/$2" ] || [ -L "$1$directory/$2" ]; then echo "$directory/$2" && return; fi
  done
  return 1
}

# pick_libraries FROM TO: adds the shared libraries and loaders that the ELF files of TO name, until nothing is missing.
pick_libraries() (
  from=$1 to=$2
  mkdir -p "$to/usr/bin" "$to/usr/sbin" "$to/usr/lib"
  for merged in bin sbin lib lib64; do
    if [ -d "$from/usr/$merged" ] && [ ! -L "$from/usr/$merged" ]; then
      mkdir -p "$to/usr/$merged"
      ln -sfn "usr/$merged" "$to/$merged"
    fi
  done
  : >"$to.needed"
  while :; do
    { needed_libraries "$to"; needed_loaders "$to"; } | sort -u >"$to.needed.new"
    if cmp -s "$to.needed" "$to.needed.new"; then break; fi
    while read -r name; do
      case $name in
        /*) [ -e "$to$name" ] || echo "/usr$name" ;;
        *) library_path "$to" "$name" >/dev/null || library_path "$from" "$name" || { echo "base: library $name is in no package" >&2; exit 1; } ;;
      esac
    done <"$to.needed.new" >"$to.missing"
    pick_files "$from" "$to" <"$to.missing"
    mv "$to.needed.new" "$to.needed"
  done
  rm -f "$to.needed" "$to.needed.new" "$to.missing"
)

needed_libraries() { elf_files "$1" | xargs -0 readelf -dW 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
# A loader is asked for by its whole path, in /lib or /lib64.
needed_loaders() { elf_files "$1" | xargs -0 readelf -lW 2>/dev/null | sed -n 's/.*program interpreter: \([^]]*\)\]/\1/p'; }

elf_files() { find "$1" -type f \( -perm /111 -o -name '*.so*' \) -print0; }
