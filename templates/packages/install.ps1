# Installs token-matters on Windows: downloads the released archive, verifies its checksum, puts the program into a
# folder. Nothing else is changed.
#
#   powershell -File install.ps1 [-Version 0.1.0] [-To DIR]
#
# $env:TOKEN_MATTERS_DOWNLOAD is the address of a folder with the files of a release, for a mirror.
param(
  [string]$Version = "latest",
  [string]$To = (Join-Path $env:LOCALAPPDATA "Programs\token-matters")
)
$ErrorActionPreference = "Stop"
$ProgressPreference = "SilentlyContinue"
# Windows PowerShell 5 begins with older versions of TLS.
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
if ($Version -notmatch '^(latest|v?[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*)$') {
  throw "-Version $Version is no version: use one such as 0.1.0, or latest"
}

$repository = "https://github.com/token-matters/token-matters"
$archive = "token-matters-x86_64-pc-windows-msvc.zip"
if ($env:TOKEN_MATTERS_DOWNLOAD) { $base = $env:TOKEN_MATTERS_DOWNLOAD.TrimEnd("/") }
elseif ($Version -eq "latest") { $base = "$repository/releases/latest/download" }
else { $base = "$repository/releases/download/v$($Version.TrimStart('v'))" }

$scratch = Join-Path ([System.IO.Path]::GetTempPath()) ([System.Guid]::NewGuid().ToString())
New-Item -ItemType Directory -Path $scratch | Out-Null
try {
  Invoke-WebRequest -UseBasicParsing -Uri "$base/$archive" -OutFile (Join-Path $scratch $archive)
  Invoke-WebRequest -UseBasicParsing -Uri "$base/SHA256SUMS" -OutFile (Join-Path $scratch "SHA256SUMS")
  $line = Get-Content (Join-Path $scratch "SHA256SUMS") | Where-Object { ($_ -split "\s+", 2)[1].TrimStart("*") -eq $archive }
  if (-not $line) { throw "SHA256SUMS does not name ${archive}: nothing was installed" }
  $expected = ($line -split "\s+", 2)[0]
  $found = (Get-FileHash -Algorithm SHA256 -Path (Join-Path $scratch $archive)).Hash.ToLowerInvariant()
  if ($found -ne $expected) {
    throw "the checksum of $archive is $found and should be ${expected}: nothing was installed; download it again, and report it if it stays so"
  }
  Expand-Archive -Path (Join-Path $scratch $archive) -DestinationPath $scratch
  New-Item -ItemType Directory -Force -Path $To | Out-Null
  Copy-Item -Force (Join-Path $scratch "token-matters-x86_64-pc-windows-msvc\token-matters.exe") (Join-Path $To "token-matters.exe")
  Write-Output "installed: $(Join-Path $To 'token-matters.exe')"
  if (($env:PATH -split ";") -notcontains $To) { Write-Output "note: $To is not in PATH" }
} finally {
  Remove-Item -Recurse -Force $scratch
}
