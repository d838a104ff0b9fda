# SPDX-License-Identifier: MIT
# What scripts of bash do without other programs: loops, arithmetic, strings, arrays, functions, case, regular expressions, read.
declare -A count
hash() {
    local text=$1 h=5381 i
    for ((i = 0; i < ${#text}; i++)); do
        printf -v c %d "'${text:i:1}"
        ((h = (h * 33 + c) & 0xffffff))
    done
    result=$h
}
sum=0
for ((n = 0; n < 1500; n++)); do
    word="name$((n * 7919 % 100))/part.${n}"
    hash "$word"
    ((sum += result))
    base=${word##*/} folder=${word%/*}
    case $folder in
    name?) ((count[short]++)) ;;
    name[1-5]*) ((count[low]++)) ;;
    *) ((count[high]++)) ;;
    esac
    [[ $base =~ ^part\.([0-9]+)$ ]] && list[BASH_REMATCH[1]]=${folder/name/n}
done
echo "$sum ${count[short]} ${count[low]} ${count[high]} ${#list[@]} ${list[*]: -3}"
lines=0 text=''
for ((i = 0; i < 9000; i++)); do text+="a$i:x:$((i * i))"$'\n'; done
while IFS=: read -r first second rest; do
    [ "$second" = x ] && lines=$((lines + ${#first} + ${#rest}))
done <<<"$text"
echo $lines
