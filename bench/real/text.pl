# SPDX-License-Identifier: MIT
# What scripts in Perl do: hashes, arrays, regular expressions, sorting, formats, subroutines.
use strict;
use warnings;

my ($x, %count, @lines) = (1);
for my $i (1 .. 35000) {
    $x = ($x * 1103515245 + 12345) & 0x7fffffff;
    push @lines, sprintf '%s-%d host%d GET /dir%d/file%d.html %d', 'abcdef' =~ /(.{3})$/, $i, $x % 17, $x >> 8 & 31, $x >> 16 & 63, $x % 5000;
}
my ($bytes, %by) = (0);
for (@lines) {
    next unless m{^(\w+)-(\d+) (host\d+) (GET|POST) (/\S+?)(?:\.(html|txt))? (\d+)$};
    $bytes += $7;
    $count{$3}++;
    push @{$by{$5}}, $2;
}
my @top = (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count)[0 .. 2];
(my $joined = join ' ', map { scalar @{$by{$_}} } sort keys %by) =~ tr/0-9//cd;
my $swaps = 0;
for (@lines) {
    my @f = split / /;
    $swaps += s/(\d+)/<$1>/g + length(join ',', reverse @f);
}
no warnings 'recursion';
sub ack { my ($m, $n) = @_; $m == 0 ? $n + 1 : $n == 0 ? ack($m - 1, 1) : ack($m - 1, ack($m, $n - 1)) }
print "$bytes @top ", length $joined, " $swaps ", ack(2, 90), "\n";
