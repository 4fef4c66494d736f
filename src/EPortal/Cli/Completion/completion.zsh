#compdef @PROGRAM@
# zsh completion of @PROGRAM@
_@NAME@() {
    local answer
    local -a answers
    for answer in "${(@f)$("${words[1]}" complete "${(j: :)words[1,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $answer ]] && answers+=("${${answer//:/\\:}/$'\t'/:}")
    done
    if (( ${#answers} )); then
        _describe '@PROGRAM@' answers
    else
        _files
    fi
}
# In $fpath this file is the function itself; sourced, it registers the function.
if [[ ${funcstack[1]} == _@PROGRAM@ ]]; then
    _@NAME@ "$@"
else
    compdef _@NAME@ @PROGRAM@
fi
