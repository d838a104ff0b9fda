# SPDX-License-Identifier: MIT
# Fields, arrays, regular expressions and formats, over lines that it makes itself.
function step() { return x = (x * 1103515 + 12345) % 2147483 }
BEGIN {
    x = 1; best = "u0"
    for (i = 0; i < 60000; i++) {
        $0 = sprintf("u%d %d.%02d host%d /path/%d/x%d", step() % 400, step() % 900, i % 100, step() % 23, i % 11, i)
        sum[$1] += $2
        if ($4 ~ /^\/path\/[0-4]+\/x.*7/) seven[$3]++
        n += split($4, part, "/")
        $2 = toupper($3)
        length_of += length($0)
        gsub(/o[s-t]/, "<&>", $3)
        if (index($3, ">t1")) found++
    }
    for (k in sum) { total += sum[k]; if (sum[k] > sum[best]) best = k }
    printf "%.2f %s %d %d %d %d %d\n", total, best, n, length_of, found, length(seven), asort(sum)
}
