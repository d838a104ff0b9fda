#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: ffmpeg coreutils
#: guests: aarch64
#: timeout: 600
# Encoders and filters, in large parts hand-written vector code. What depends on the machine natively as well (forward DCTs, decisions in floating point) is fixed.
export LD_LIBRARY_PATH=$(echo /usr/lib/*/blas):$(echo /usr/lib/*/lapack):$(echo /usr/lib/*/pulseaudio)  # links that maintainer scripts would have made
seq 600000 | head -c $((320 * 240 * 3 / 2 * 25)) > clip.yuv # conversions from RGB do not give the same bits on every machine
f() { ffmpeg -hide_banner -loglevel error -nostdin -fflags +bitexact -threads 2 -f rawvideo -pix_fmt yuv420p -s 320x240 -i clip.yuv -f lavfi -i sine=frequency=440:duration=2 "$@"; }
for v in ffv1 mpeg2video mpeg4 mjpeg "libx264 -preset fast -threads 1 -qp 23 -x264-params aq-mode=0:psy=0:mbtree=0" "libvpx -deadline good -cpu-used 4 -b:v 300k"; do f -map 0 -c:v $v -dct int -idct simple -flags +bitexact -pix_fmt yuv420p -f framemd5 - 2>&1 | grep -v '^#' | sha256sum; echo "$v ${PIPESTATUS[0]}"; done
f -map 0 -vf scale=160:120:flags=bicubic+accurate_rnd+bitexact,hflip,boxblur=2 -c:v rawvideo -f md5 -; for a in flac pcm_s16le; do f -map 1 -c:a $a -flags +bitexact -f md5 -; done
f -map 0 -c:v libx264 -threads 1 -qp 23 -x264-params aq-mode=0:psy=0:mbtree=0 -pix_fmt yuv420p clip.mp4; ffmpeg -hide_banner -loglevel error -nostdin -i clip.mp4 -f framemd5 - | grep -v '^#' | sha256sum; ffprobe -hide_banner -loglevel error -show_entries stream=codec_name,width,nb_frames clip.mp4; ffmpeg -hide_banner -i /dev/null 2>&1 | tail -1; exit 3
