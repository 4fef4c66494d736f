# bash completion of @PROGRAM@
_@NAME@() {
    local answer
    COMPREPLY=()
    while IFS= read -r answer; do
        COMPREPLY+=("${answer%%$'\t'*}")
    done < <("${COMP_WORDS[0]}" complete "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o default -F _@NAME@ @PROGRAM@
