# What only Windows can say: whether it loads the hives and reads the stores that hivemend wrote. Run it on Windows 10 or
# Server 2019 or later, in an elevated prompt, with hivemend installed and the fixtures of the repository:
#
#   powershell -ExecutionPolicy Bypass -File acceptance.ps1 -Fixtures C:\hivemend\fixtures [-Program C:\hivemend.exe]
#
# It works in a folder of its own below $env:TEMP, mounts hives only as HKLM\HivemendTest, and takes all of it away again.
param(
    [Parameter(Mandatory = $true)][string] $Fixtures,
    [string] $Program = 'hivemend',
    [int] $Cuts = 12
)
$ErrorActionPreference = 'Stop'
$mountedAs = 'HKLM\HivemendTest'
$work = Join-Path $env:TEMP ('hivemend-acceptance-' + [guid]::NewGuid())
$failed = New-Object System.Collections.ArrayList
$passed = 0

function Test-Case([string] $name, [scriptblock] $body) {
    try {
        & $body
        $script:passed += 1
        Write-Output "ok    $name"
    }
    catch {
        [void] $script:failed.Add($name)
        Write-Output "FAIL  $name`: $_"
    }
}

# Runs hivemend; throws where it ends with another status than expected. Gives its standard output.
function Invoke-Hivemend([string[]] $words, [int[]] $statuses = @(0)) {
    # What a program writes on standard error is no error of PowerShell's.
    $ErrorActionPreference = 'Continue'
    $output = & $Program @words 2>&1
    if ($statuses -notcontains $LASTEXITCODE) {
        throw "hivemend $($words -join ' ') ended with $LASTEXITCODE, expected $($statuses -join ' or '): $output"
    }
    return $output
}

function Invoke-Windows([string] $command, [string[]] $words) {
    $ErrorActionPreference = 'Continue'
    $output = & $command @words 2>&1
    if ($LASTEXITCODE -ne 0) { throw "$command $($words -join ' ') ended with $LASTEXITCODE`: $output" }
    return $output
}

# Windows loads the hive, reads the whole of it, and lets it go. Gives what reg query printed.
function Read-ByWindows([string] $hive) {
    [void] (Invoke-Windows 'reg.exe' @('load', $mountedAs, $hive))
    try { return Invoke-Windows 'reg.exe' @('query', $mountedAs, '/s') }
    finally {
        [gc]::Collect()
        [void] (Invoke-Windows 'reg.exe' @('unload', $mountedAs))
    }
}

function New-Hive([string] $fixture, [string] $path) {
    [void] (Invoke-Hivemend @('import', '--new', $path, (Join-Path $Fixtures $fixture)))
    return $path
}

# A folder that hivemend takes for the volume of a Windows.
function New-Volume([string] $name) {
    $config = Join-Path $work "$name\Windows\System32\config"
    [void] (New-Item -ItemType Directory -Force $config, (Join-Path $work "$name\Boot"))
    [void] (New-Hive 'SYSTEM-broken.xml' (Join-Path $config 'SYSTEM'))
    [void] (New-Hive 'SOFTWARE.xml' (Join-Path $config 'SOFTWARE'))
    [void] (New-Hive 'BCD-bios.xml' (Join-Path $work "$name\Boot\BCD"))
    return (Join-Path $work $name)
}

$value = @('ControlSet001\Control\CrashControl', '/v', 'CrashDumpEnabled', '/t', 'REG_DWORD')

[void] (New-Item -ItemType Directory $work)
try {
    foreach ($fixture in Get-ChildItem (Join-Path $Fixtures '*.xml')) {
        Test-Case "a hive made of $($fixture.Name) is loaded" {
            $hive = New-Hive $fixture.Name (Join-Path $work "made-$($fixture.BaseName)")
            if (@(Read-ByWindows $hive).Count -lt 2) { throw 'it shows no key' }
        }
    }

    Test-Case 'every hive after repair and after undo is loaded' {
        $volume = New-Volume 'repaired'
        [void] (Invoke-Hivemend @('repair', $volume, '--yes') @(0, 1))
        foreach ($name in 'SYSTEM', 'SOFTWARE') { [void] (Read-ByWindows "$volume\Windows\System32\config\$name") }
        $volume = New-Volume 'undone'
        [void] (Invoke-Hivemend @('repair', $volume, '--yes') @(0, 1))
        [void] (Invoke-Hivemend @('undo', $volume, '--yes'))
        foreach ($name in 'SYSTEM', 'SOFTWARE') { [void] (Read-ByWindows "$volume\Windows\System32\config\$name") }
    }

    Test-Case 'an edit is there for reg.exe, and is still there after Windows wrote the hive' {
        $hive = New-Hive 'SYSTEM-healthy.xml' (Join-Path $work 'edited')
        foreach ($number in 1..5) {
            [void] (Invoke-Hivemend (@('reg', 'add', '--hive', $hive) + $value + @('/d', "$number", '/f')))
            $shown = (Read-ByWindows $hive) -join "`n"
            if ($shown -notmatch "CrashDumpEnabled\s+REG_DWORD\s+0x$number\b") { throw "reg.exe does not show $number" }
        }
    }

    Test-Case 'a rebuilt hive is loaded' {
        $hive = New-Hive 'SYSTEM-healthy.xml' (Join-Path $work 'damaged')
        $bytes = [IO.File]::ReadAllBytes($hive)
        # The signature of the second bin, or of the first where there is one alone.
        $at = if ($bytes.Length -gt 8192 -and $bytes[8192] -eq 0x68) { 8192 } else { 4096 }
        $bytes[$at] = 0
        [IO.File]::WriteAllBytes($hive, $bytes)
        [void] (Invoke-Hivemend @('rebuild', $hive, '-o', "$hive-new", '--yes') @(0, 1))
        [void] (Read-ByWindows "$hive-new")
    }

    # With logs, as Windows makes them when it loads a hive; each time a commit is ended somewhere in its middle.
    Test-Case "a hive with logs is loaded after each of $Cuts commits that were cut off" {
        $hive = New-Hive 'SYSTEM-healthy.xml' (Join-Path $work 'cut')
        [void] (Read-ByWindows $hive)
        foreach ($cut in 1..$Cuts) {
            $words = @($Program, 'reg', 'add', '--hive', $hive) + $value + @('/d', "$cut", '/f') | ForEach-Object { "`"$_`"" }
            # cmd takes off the outer pair of quotes alone.
            $line = "/s /c `"$($words -join ' ')`""
            $running = Start-Process -FilePath $env:ComSpec -ArgumentList $line -PassThru -WindowStyle Hidden
            Start-Sleep -Milliseconds (40 * $cut)
            [void] (& $env:ComSpec /c "taskkill /pid $($running.Id) /t /f >nul 2>&1")
            $shown = (Read-ByWindows $hive) -join "`n"
            if ($shown -notmatch 'CrashDumpEnabled') { throw "after cut $cut the value is gone" }
            # Windows has the last word on the hive now: what the journal holds is of no use any more.
            Remove-Item -Recurse -Force "$hive.hivemend" -ErrorAction SilentlyContinue
        }
    }

    foreach ($store in 'BCD-bios.xml', 'BCD-uefi.xml') {
        Test-Case "bcdedit reads $store, before and after an edit" {
            $file = New-Hive $store (Join-Path $work $store.Replace('.xml', ''))
            [void] (Invoke-Windows 'bcdedit.exe' @('/store', $file, '/enum', 'all'))
            [void] (Invoke-Hivemend @('bcdedit', '/store', $file, '/set', '{bootmgr}', 'timeout', '7'))
            $shown = (Invoke-Windows 'bcdedit.exe' @('/store', $file, '/enum', '{bootmgr}', '/v')) -join "`n"
            if ($shown -notmatch '\b7\b') { throw 'bcdedit does not show the timeout' }
        }
    }

    Test-Case 'a fixed VHD that was edited in place is clean, and its hive is loaded' {
        $disk = Join-Path $work 'disk.vhd'
        $letter = @('X', 'Y', 'W', 'V' | Where-Object { -not (Test-Path "${_}:\") })[0]
        $make = "create vdisk file=`"$disk`" maximum=64 type=fixed", "select vdisk file=`"$disk`"", 'attach vdisk',
            'create partition primary', 'format fs=ntfs quick', "assign letter=$letter"
        $attach = "select vdisk file=`"$disk`"", 'attach vdisk', 'select partition 1', "assign letter=$letter"
        $detach = "select vdisk file=`"$disk`"", 'detach vdisk'
        $script = Join-Path $work 'diskpart.txt'
        Set-Content -Encoding Ascii $script $make
        [void] (Invoke-Windows 'diskpart.exe' @('/s', $script))
        Copy-Item -Recurse (Join-Path (New-Volume 'for-vhd') '*') "${letter}:\"
        Set-Content -Encoding Ascii $script $detach
        [void] (Invoke-Windows 'diskpart.exe' @('/s', $script))
        [void] (Invoke-Hivemend @('repair', $disk, '--yes', '--vm-is-off') @(0, 1))
        Set-Content -Encoding Ascii $script $attach
        [void] (Invoke-Windows 'diskpart.exe' @('/s', $script))
        try {
            [void] (Invoke-Windows 'chkdsk.exe' @("${letter}:"))
            [void] (Read-ByWindows "${letter}:\Windows\System32\config\SYSTEM")
        }
        finally {
            Set-Content -Encoding Ascii $script $detach
            [void] (Invoke-Windows 'diskpart.exe' @('/s', $script))
        }
    }
}
finally { Remove-Item -Recurse -Force $work -ErrorAction SilentlyContinue }

Write-Output "$passed passed, $($failed.Count) failed"
exit [int] ($failed.Count -gt 0)
