// What a shell has to be told so that it asks this program what can come next.

const BASH = `# Completion of corbel for bash: eval "$(corbel completion bash)"
_corbel() {
  local IFS=$'\\n' word
  COMPREPLY=()
  while read -r word; do COMPREPLY+=("$word"); done < <(corbel __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[=/] ]]; then compopt -o nospace; fi
}
complete -o default -F _corbel corbel
`

const ZSH = `#compdef corbel
# Completion of corbel for zsh: source <(corbel completion zsh), after compinit
_corbel() {
  local -a found open
  found=("\${(@f)$(corbel __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  open=(\${(M)found:#*[=/]})
  found=(\${found:#*[=/]})
  if (( \${#open} + \${#found} == 0 )) || [[ -z "$open$found" ]]; then _files; return; fi
  (( \${#open} )) && compadd -S '' -- $open
  (( \${#found} )) && compadd -- $found
  return 0
}
compdef _corbel corbel
`

const FISH = `# Completion of corbel for fish: corbel completion fish | source
function __corbel_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    corbel __complete $before[2..-1] "$current" 2>/dev/null
end
function __corbel_nothing
    test (count (__corbel_complete)) -eq 0
end
complete -c corbel -f -a '(__corbel_complete)'
complete -c corbel -n __corbel_nothing -F
`

export const COMPLETION_SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const
export type Shell = keyof typeof COMPLETION_SCRIPTS
