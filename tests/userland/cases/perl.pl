#!/usr/bin/perl
# SPDX-License-Identifier: MIT
#: packages: perl
use strict; use warnings; use POSIX qw(:sys_wait_h floor strftime); use Socket; use Time::HiRes qw(ualarm usleep); use Digest::SHA qw(sha256_hex); use List::Util qw(sum max shuffle); use Data::Dumper; use IO::Select; use threads;
$| = 1; $Data::Dumper::Sortkeys = 1; $Data::Dumper::Indent = 1;
my %words; $words{$_ % 97} .= chr(97 + $_ % 26) for 1 .. 20000; print join(',', map { length $words{$_} } sort { $a <=> $b } keys %words), "\n";
print sha256_hex(join '', map { $words{$_} } sort keys %words), "\n", Dumper({ list => [1, 2.5, 'x'], code => undef });
my $text = 'the quick brown fox ' x 500; my $n = () = $text =~ /\b(\w)(\w*)\b/g; (my $t = $text) =~ s/(\w+)/\u$1/g; print "$n ", substr($t, 0, 20), "\n"; print "named: $+{y}\n" if '2024-05' =~ /(?<y>\d+)-(?<m>\d+)/;
my $pid = fork // die; if (!$pid) { exit 5 } waitpid $pid, 0; print "child: ", $? >> 8, "\n"; $pid = fork; if (!$pid) { kill 'KILL', $$ } waitpid $pid, 0; print "signal: ", $? & 127, "\n";
my @got; local $SIG{USR1} = sub { push @got, 'usr1' }; kill USR1 => $$; local $SIG{ALRM} = sub { push @got, 'alarm'; die "alarm\n" }; ualarm 20000; eval { sleep 5 }; print "@got $@";
socketpair my $a, my $b, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die; if (!fork) { close $a; print $b "hello from the child\n"; exit } close $b; print scalar <$a>; wait; print `echo backticks; exit 3`, $? >> 8, "\n"; open my $p, '-|', 'sort', '-r', '/etc/passwd' or die; print scalar(my @l = <$p>), "\n"; close $p;
my @t = map { my $k = $_; threads->create(sub { my $s = 0; $s += $_ * $k for 1 .. 5000; $s }) } 1 .. 4; print join(' ', map { $_->join } @t), "\n";
print strftime('%F %T', gmtime 1e9), ' ', floor(-2.5), ' ', sum(1 .. 10), ' ', sprintf('%.15g %s %b %e', 0.1 + 0.2, 1e21, 10, 12345.678), "\n"; print pack('NnCw', 1, 2, 3, 300) eq "\0\0\0\1\0\2\3\x82\x2c" ? "pack\n" : "no\n"; printf "%s\n", join ' ', sort { $b cmp $a } map { $_ ** 2 } grep { $_ & 1 } 1 .. 9;
{ local $@; eval { die { code => 42 } }; print "code $@->{code}\n" } format STDOUT =
@<<<<< @>>>>> @##.##
'left', 'right', 3.14159
.
write; sub fib { my $n = shift; $n < 2 ? $n : fib($n - 1) + fib($n - 2) } print fib(18), "\n"; my $s = ''; $s .= sprintf '%08x', $_ * 2654435761 & 0xffffffff for 1 .. 3000; print length $s, ' ', unpack('%32C*', $s), "\n"; opendir my $d, '/etc/perl' or die; print join(' ', grep !/^\./, sort readdir $d), "\n"; exit 6;
