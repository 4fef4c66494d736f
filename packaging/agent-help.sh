#!/bin/sh
# shellcheck disable=SC2016 # What is printed is a script.
# Makes the agent's manual page or completion from its own help on standard input.
# agent-help.sh man VERSION | bash | zsh | fish
set -eu
export LC_ALL=C

# Option lines of the help: all names of one and its value, a tab, what it does. Names: -u, --update; value: <KEY>.
help=$(cat)
options() { printf '%s\n' "$help" | awk '/^Options:/ { on = 1; next } on && /^  -/ { sub(/^  /, ""); at = match($0, /  +/); print substr($0, 1, at - 1) "\t" substr($0, at + RLENGTH) }'; }

# For groff: hyphens that can be copied, quotes as they are.
roff() { sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/'/\\\\(aq/g" -e 's/^\./\\\&./'; }

case ${1:-} in
    man)
        cat << TOP
.TH KCARECTL 8 "" "ePortal $2" "System administration"
.SH NAME
kcarectl \\- register this host with an ePortal and apply the kernel live patches it offers
.SH SYNOPSIS
.B kcarectl
.I option
.SH OPTIONS
TOP
        options | roff | awk -F '\t' '{ print ".TP\n.B " $1 "\n" $2 }'
        cat << 'END'
.SH EXIT STATUS
0 if it worked; what other numbers mean is told by the documentation of the agent.
.SH FILES
.TP
.I /etc/sysconfig/kcare/kcare.conf
settings
.TP
.I /etc/sysconfig/kcare/trusted.pub
keys that patches must be signed with
.SH SEE ALSO
.BR kc.eportal (8)
END
        ;;
    bash)
        # The value of an option is free text.
        printf '# bash completion of kcarectl\n_kcarectl() {\n    local takes=" %s "\n' \
            "$(options | cut -f1 | sed -n 's/ <.*//p' | tr -d ',' | tr '\n' ' ')" | sed 's/  *" *$/ "/'
        printf '    COMPREPLY=()\n    [[ $takes == *" $3 "* ]] || mapfile -t COMPREPLY < <(compgen -W '"'%s'"' -- "$2")\n}\n' \
            "$(options | cut -f1 | tr -d ',' | tr ' ' '\n' | grep '^--' | tr '\n' ' ' | sed 's/ $//')"
        echo 'complete -F _kcarectl kcarectl'
        ;;
    zsh)
        printf '#compdef kcarectl\n_arguments'
        options | sed -e "s/'/'\\\\''/g" -e 's/[]:[]/\\&/g' | awk -F '\t' '{
            value = ($1 ~ /</) ? ":value:" : ""
            names = $1; sub(/ <.*/, "", names); count = split(names, name, ", ")
            for (i = 1; i <= count; i++) printf " \\\n    \047%s[%s]%s\047", name[i], $2, value }'
        echo
        ;;
    fish)
        echo '# fish completion of kcarectl'
        options | sed -e "s/'/\\\\'/g" | awk -F '\t' '{
            line = "complete -c kcarectl -f"
            if ($1 ~ /</) line = line " -x"
            names = $1; sub(/ <.*/, "", names); count = split(names, name, ", ")
            for (i = 1; i <= count; i++) {
                if (name[i] ~ /^--/) line = line " -l " substr(name[i], 3); else line = line " -s " substr(name[i], 2) }
            print line " -d \047" $2 "\047" }' | sed "s/ -s ?//"
        ;;
    *) echo 'usage: agent-help.sh man VERSION | bash | zsh | fish' >&2; exit 2 ;;
esac
