#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: openssl coreutils
#: mask: ^[0-9A-F]{16}:error => THREAD:error (thread ids)
seq 1 30000 > data
for d in md5 sha1 sha256 sha512 sha3-256 blake2b512 sm3 ripemd160; do openssl dgst -$d data 2>&1; done; K=000102030405060708090a0b0c0d0e0f; IV=ffeeddccbbaa99887766554433221100
for c in aes-128-cbc aes-256-ctr aes-128-ofb chacha20 camellia-128-cbc des-ede3-cbc aria-128-ctr sm4-cbc; do k=$K; case $c in *256*|chacha20) k=$K$K ;; des*) k=$K${K:0:16} ;; esac; v=$IV; [ $c = des-ede3-cbc ] && v=${IV:0:16}; openssl enc -$c -K $k -iv $v -in data -out enc; md5sum enc; openssl enc -d -$c -K $k -iv $v -in enc | cmp - data; done
openssl rand 32 | wc -c; for a in RSA EC ED25519 X25519 ML-DSA-65; do o=(); [ $a = RSA ] && o=(-pkeyopt rsa_keygen_bits:2048); [ $a = EC ] && o=(-pkeyopt ec_paramgen_curve:P-256); openssl genpkey -quiet -algorithm $a "${o[@]}" -out $a.key 2>&1 || openssl genpkey -algorithm $a "${o[@]}" -out $a.key 2>/dev/null; openssl pkey -in $a.key -pubout -out $a.pub; head -1 $a.pub; done
for a in RSA EC; do openssl dgst -sha256 -sign $a.key -out sig data; openssl dgst -sha256 -verify $a.pub -signature sig data; done; openssl pkeyutl -sign -rawin -inkey ED25519.key -in data -out sig; openssl pkeyutl -verify -rawin -pubin -inkey ED25519.pub -in data -sigfile sig
openssl req -x509 -key EC.key -subj /CN=localhost -days 2 -out cert.pem -addext subjectAltName=DNS:localhost; openssl x509 -in cert.pem -noout -subject -issuer; openssl verify -CAfile cert.pem cert.pem; openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt pass:x -kdfopt salt:y -kdfopt iter:1000 PBKDF2; openssl prime -generate -bits 64 | wc -l; openssl passwd -6 -salt abc secret; openssl mac -digest SHA256 -macopt hexkey:$K HMAC < data
openssl s_server -accept 4433 -cert cert.pem -key EC.key -www -quiet & p=$!; sleep 1; for v in -tls1_2 -tls1_3; do echo | openssl s_client -connect 127.0.0.1:4433 $v -CAfile cert.pem -servername localhost 2>/dev/null | grep -E 'Verification|^New,'; done; kill $p; openssl bogus 2>&1 | head -1; echo "${PIPESTATUS[0]}"
