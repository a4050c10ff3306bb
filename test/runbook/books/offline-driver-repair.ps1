Param([Parameter(Mandatory = $false)][ValidateSet('true', 'false', IgnoreCase = $true)][string]$detectOnly = 'false', [string]$windowsDrive = 'F')
$isDetectOnly = ($detectOnly -eq 'true')
$script:Critical = @('acpi','pci','disk')
$script:Pattern = (@('Mellanox','Intel') | ForEach-Object { '\b' + [regex]::Escape($_) + '\b' }) -join '|'
function Get-KeyState { param([Parameter(Mandatory = $true)][string]$HiveKey)
    $out = reg.exe query $HiveKey /ve 2>&1 | Out-String
    if ($LASTEXITCODE -eq 0) { return 'Present' }
    if ($out -match 'unable to find|cannot find') { return 'Absent' }
    return 'Unknown'
}
function Mount-Hive { param([string]$Hive)
    $key = "HKLM\BROKEN$Hive"
    if ((Get-KeyState -HiveKey $key) -eq 'Present') { throw "already $key" }
    $out = reg.exe load $key "${windowsDrive}:\Windows\System32\Config\$Hive" 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) { throw "failed: $($out.Trim())" }
}
function Invoke-WithHive { param([string[]]$Hive, [scriptblock]$ScriptBlock)
    try { foreach ($h in $Hive) { Mount-Hive $h }; return (& $ScriptBlock) }
    finally { [GC]::Collect(); [GC]::WaitForPendingFinalizers(); foreach ($h in $Hive) { $null = reg.exe unload "HKLM\BROKEN$h" 2>&1 } }
}
function Get-ControlSetName { $c = (Get-ItemProperty -Path 'HKLM:\BROKENSYSTEM\Select' -ErrorAction Stop).Current; return ('ControlSet{0:D3}' -f [int]$c) }
function New-Finding { param([string]$Cause, [string]$Item, [bool]$Repairable = $true, $Data = $null)
    return [PSCustomObject]@{ Cause = $Cause; Item = $Item; Repairable = $Repairable; Repaired = $false; Data = $Data } }
$findings = [System.Collections.Generic.List[object]]::new()
$result = Invoke-WithHive -Hive 'SYSTEM','SOFTWARE' -ScriptBlock {
    $cs = Get-ControlSetName
    $services = "HKLM:\BROKENSYSTEM\$cs\Services"
    foreach ($svc in Get-ChildItem -LiteralPath $services -ErrorAction SilentlyContinue) {
        $name = $svc.PSChildName.ToLowerInvariant()
        if ($name -in $script:Critical) { continue }
        $start = (Get-ItemProperty -LiteralPath $svc.PSPath -Name Start -ErrorAction SilentlyContinue).Start
        if ($null -eq $start -or $start -gt 1) { continue }
        $image = [string](Get-ItemProperty -LiteralPath $svc.PSPath -Name ImagePath -ErrorAction SilentlyContinue).ImagePath
        if ($image -match $script:Pattern) { continue }
        if ($image -match 'evilflt') { $findings.Add((New-Finding -Cause 'bad driver' -Item $name -Data @{ Path = $svc.PSPath; Old = $start })) }
    }
    foreach ($f in $findings | Where-Object { $_.Repairable }) {
        if (-not $isDetectOnly) {
            Set-ItemProperty -LiteralPath $f.Data.Path -Name Start -Value 4 -Type DWord -ErrorAction Stop
            $f.Repaired = $true
        }
        Write-Output ("{0,-20} {1} was {2}" -f $f.Item, $f.Cause, $f.Data.Old)
    }
}
$result | ForEach-Object { Write-Host $_ }
$findings | Where-Object Repaired | ConvertTo-Json -Depth 4 | Set-Content "${windowsDrive}:\repair-manifest.json" -Encoding UTF8
if (@($findings | Where-Object { -not $_.Repaired }).Count -gt 0) { exit 1 }
