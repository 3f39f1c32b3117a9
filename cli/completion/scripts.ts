import type { Shell } from '../commands/completion.ts';

/**
 * Each asks `faultline __complete <words…>`, the last of which may be empty. The answer is that of cobra, which kubectl
 * understands too: a candidate a line, perhaps a tab and what it is, then `:4`, or `:0` where files are meant.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of faultline: source <(faultline completion bash)
__faultline_complete() {
  local line="\${COMP_LINE:0:COMP_POINT}" word directive="" candidate current before
  local -a words=()
  read -ra words <<<"$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  current="\${words[\${#words[@]}-1]}"
  # bash takes what follows = or : for a word of its own.
  before="\${current%"\${current##*[=:]}"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    case "$candidate" in
      :*) directive="$candidate" ;;
      *)
        word="\${candidate%%$'\\t'*}"
        COMPREPLY+=("\${word#"$before"}")
        ;;
    esac
  done < <(faultline __complete "\${words[@]:1}" 2>/dev/null)
  if [[ "$directive" == ":4" ]] && type compopt >/dev/null 2>&1; then compopt +o default; fi
}
complete -o default -F __faultline_complete faultline
`,
  zsh: `#compdef faultline
# zsh completion of faultline: source <(faultline completion zsh)
_faultline() {
  local -a lines candidates
  local line word what
  lines=("\${(@f)$(faultline __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)lines[1,-2]}"; do
    word="\${line%%$'\\t'*}"
    what="\${line#*$'\\t'}"
    if [[ "$word" == "$line" ]]; then candidates+=("\${word//:/\\\\:}"); else candidates+=("\${word//:/\\\\:}:$what"); fi
  done
  if (( \${#candidates} )); then
    _describe -V faultline candidates
  elif [[ "\${lines[-1]}" == ":0" ]]; then
    _files
  fi
}
if [[ "\${funcstack[1]}" == "_faultline" ]]; then _faultline; else compdef _faultline faultline; fi
`,
  fish: `# fish completion of faultline: faultline completion fish > ~/.config/fish/completions/faultline.fish
function __faultline_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (faultline __complete $before[2..-1] "$current" 2>/dev/null)
    if test (count $lines) -eq 1; and test "$lines[1]" = ":0"
        __fish_complete_path "$current"
        return
    end
    for line in $lines
        string match -q ':*' -- $line; or echo $line
    end
end
complete -c faultline -e
complete -c faultline -f -a '(__faultline_complete)'
`,
  kubectl: `#!/usr/bin/env sh
# Completion of kubectl faultline (kubectl 1.26 or newer): executable, on the PATH, as kubectl_complete-faultline.
exec faultline __complete "$@"
`,
};
