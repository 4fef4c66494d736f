# fish completion of @PROGRAM@
function __@NAME@_complete
    set -l answers (@PROGRAM@ complete (commandline -cp) 2>/dev/null)
    if test (count $answers) -gt 0
        printf '%s\n' $answers
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c @PROGRAM@ -f -a '(__@NAME@_complete)'
