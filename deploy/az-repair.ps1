# Runs on the Windows repair machine (az vm repair run --run-on-repair): fetches hivemend, finds the attached Windows by its
# hives, runs the command on it with --report, and prints one line that az-repair.sh reads. The whole report stays in
# Program Files\hivemend\<machine>.json and goes to Upload where that is given.
param(
    [Parameter(Mandatory = $true)][ValidateSet('diagnose', 'repair')][string]$Command,
    [Parameter(Mandatory = $true)][string]$Url,
    [Parameter(Mandatory = $true)][string]$Sha256,
    [Parameter(Mandatory = $true)][string]$Machine,
    [string]$Upload = '',
    [string]$Note = ''
)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
# Only administrators can write there: what is run as one shall not lie where others can exchange it. A folder directly below
# C:\ can be written by every user.
$folder = Join-Path $env:ProgramFiles 'hivemend'
New-Item -ItemType Directory -Force -Path $folder | Out-Null
& icacls.exe $folder /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
if ($LASTEXITCODE -ne 0) { throw "the permissions of $folder could not be set" }
$program = Join-Path $folder 'hivemend.exe'
$report = Join-Path $folder "$Machine.json"

Invoke-WebRequest -UseBasicParsing -Uri $Url -OutFile $program
if ((Get-FileHash -Algorithm SHA256 -Path $program).Hash -ne $Sha256) {
    Remove-Item $program
    throw "what was fetched does not have the SHA-256 $Sha256"
}

# Every volume but the running system's; the store of a disk with UEFI lies on a partition that has no letter until now.
foreach ($disk in Get-Disk | Where-Object { -not $_.IsBoot -and -not $_.IsSystem }) {
    foreach ($partition in Get-Partition -DiskNumber $disk.Number | Where-Object { $_.GptType -eq '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}' -and -not $_.DriveLetter }) {
        $partition | Add-PartitionAccessPath -AssignDriveLetter
    }
}
$volumes = foreach ($disk in Get-Disk | Where-Object { -not $_.IsBoot -and -not $_.IsSystem }) {
    Get-Partition -DiskNumber $disk.Number | Where-Object { $_.DriveLetter } | ForEach-Object { "$($_.DriveLetter):" } |
        Where-Object { (Test-Path "$_\Windows\System32\config\SYSTEM") -or (Test-Path "$_\EFI\Microsoft\Boot\BCD") -or (Test-Path "$_\Boot\BCD") }
}
if (-not $volumes) { throw 'no attached volume holds a Windows or a boot store' }

# The program writes the report itself: what goes through a pipe of Windows PowerShell is read in the console's code page.
Remove-Item -Force -ErrorAction SilentlyContinue -Path $report
$arguments = @($Command) + @($volumes) + @('--report', $report)
if ($Command -eq 'repair') { $arguments += '--yes' }
if ($Command -eq 'repair' -and $Note) { $arguments += @('--note', $Note) }
$ErrorActionPreference = 'Continue'
& $program @arguments | Out-Null
$exitCode = $LASTEXITCODE
$ErrorActionPreference = 'Stop'

if (-not (Test-Path $report)) { throw "hivemend ended with $exitCode and wrote no report" }
$said = Get-Content -Raw -Encoding UTF8 -Path $report | ConvertFrom-Json
if ($Upload) {
    $address, $token = $Upload -split '\?', 2
    $target = "$($address.TrimEnd('/'))/$Machine.json?$token"
    Invoke-RestMethod -Method Put -Uri $target -InFile $report -ContentType 'application/json' -Headers @{ 'x-ms-blob-type' = 'BlockBlob' } | Out-Null
}
# No braces inside: az-repair.sh looks for the first one that closes.
$summary = [ordered]@{
    machine  = $Machine
    exitCode = $exitCode
    status   = $said.status
    computer = if ($said.machine) { $said.machine.computerName } else { $null }
    changes  = @($said.changes).Count
    findings = @($said.findings).Count
    undo     = if ($said.undo) { $said.undo.id } else { $null }
    error    = if ($said.error) { $said.error.code } else { $null }
}
Write-Output "HIVEMEND $($summary | ConvertTo-Json -Compress)"
