#!/bin/sh
# Installs token-matters: downloads the released archive for this system, verifies its checksum, puts the program into a
# folder. Nothing else is changed.
#
#   sh install.sh [--version 0.1.0|latest] [--to DIR] [--sha256 HEX] [--source release|build]
#
# --version  the release to install (default: latest)
# --to       the folder for the program (default: ~/.local/bin)
# --sha256   the checksum that the archive must have (default: the one in SHA256SUMS of the release)
# --source   release downloads, build compiles with cargo (default: release)
#
# TOKEN_MATTERS_DOWNLOAD is the address of a folder with the files of a release, for a mirror.
set -eu

repository="https://github.com/token-matters/token-matters"
version="latest"
to="${HOME:-.}/.local/bin"
expected=""
source="release"

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# All of it is one function, called in the last line: half a script that came through a pipe does nothing.
main() {
  while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || fail "$1 needs a value"
    case "$1" in
      --version) version="${2#v}" ;;
      --to) to="$2" ;;
      --sha256) expected="$2" ;;
      --source) source="$2" ;;
      *) fail "unknown option $1: use --version, --to, --sha256 or --source" ;;
    esac
    shift 2
  done

  case "$version" in
    *[!0-9A-Za-z.+-]*) fail "--version $version is no version: use one such as 0.1.0, or latest" ;;
    latest | [0-9]*.[0-9]*.[0-9]*) ;;
    *) fail "--version $version is no version: use one such as 0.1.0, or latest" ;;
  esac
  case "$source" in
    release | build) ;;
    *) fail "--source $source is unknown: use release or build" ;;
  esac

  scratch="$(mktemp -d)"
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -p "$to"

  if [ "$source" = build ]; then
    command -v cargo >/dev/null 2>&1 || fail "cargo is missing: install Rust from https://rustup.rs, or use --source release"
    if [ "$version" = latest ]; then set --; else set -- --tag "v$version"; fi
    cargo install --locked --git "$repository" "$@" --root "$scratch" token-matters
    cp "$scratch/bin/token-matters" "$to/token-matters"
    printf 'built: %s\n' "$to/token-matters"
    exit 0
  fi

  system="$(uname -s)-$(uname -m)"
  case "$system" in
    Linux-x86_64 | Linux-amd64) target="x86_64-unknown-linux-musl" ;;
    Linux-aarch64 | Linux-arm64) target="aarch64-unknown-linux-musl" ;;
    Darwin-x86_64) target="x86_64-apple-darwin" ;;
    Darwin-arm64 | Darwin-aarch64) target="aarch64-apple-darwin" ;;
    *) fail "there is no released program for $system: build it with --source build" ;;
  esac

  if [ -n "${TOKEN_MATTERS_DOWNLOAD:-}" ]; then
    base="${TOKEN_MATTERS_DOWNLOAD%/}"
  elif [ "$version" = latest ]; then
    base="$repository/releases/latest/download"
  else
    base="$repository/releases/download/v$version"
  fi

  # What begins with TLS stays with TLS, wherever it is sent on to.
  case "$base" in
    https://*) tls="--proto =https --tlsv1.2" ;;
    *) tls="" ;;
  esac

  fetch() {
    if command -v curl >/dev/null 2>&1; then
      # shellcheck disable=SC2086 # words of their own
      curl $tls --fail --silent --show-error --location --retry 3 --max-time 300 --output "$2" "$1"
    elif command -v wget >/dev/null 2>&1; then
      # The short forms are those that busybox knows, too.
      wget -q -T 60 -O "$2" "$1"
    else
      fail "neither curl nor wget is there: install one of them"
    fi
  }

  sum() {
    if command -v sha256sum >/dev/null 2>&1; then
      sha256sum "$1"
    elif command -v shasum >/dev/null 2>&1; then
      shasum -a 256 "$1"
    else
      openssl dgst -sha256 -r "$1"
    fi | cut -d ' ' -f 1
  }

  archive="token-matters-$target.tar.gz"
  fetch "$base/$archive" "$scratch/$archive" || fail "$base/$archive cannot be downloaded: check the network and the version"
  if [ -z "$expected" ]; then
    fetch "$base/SHA256SUMS" "$scratch/SHA256SUMS" || fail "$base/SHA256SUMS cannot be downloaded: nothing was installed"
    expected="$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$scratch/SHA256SUMS")"
    [ -n "$expected" ] || fail "SHA256SUMS does not name $archive: nothing was installed"
  fi
  found="$(sum "$scratch/$archive")"
  [ "$found" = "$expected" ] || fail "the checksum of $archive is $found and should be $expected: nothing was installed; download it again, and report it if it stays so"

  tar -xzf "$scratch/$archive" -C "$scratch"
  # Renamed into place, so that a program that runs is never written over.
  cp "$scratch/token-matters-$target/token-matters" "$to/.token-matters.new"
  chmod 755 "$to/.token-matters.new"
  mv -f "$to/.token-matters.new" "$to/token-matters"
  printf 'installed: %s\n' "$to/token-matters"
  case ":${PATH:-}:" in
    *":$to:"*) ;;
    *) printf 'note: %s is not in PATH\n' "$to" ;;
  esac
}

main "$@"
