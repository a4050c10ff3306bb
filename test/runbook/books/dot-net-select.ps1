$hive = "HKLM\BROKENSYS_f"
$out = & reg.exe load $hive "F:\Windows\System32\config\SYSTEM" 2>&1
Write-Host "load: $($out -join ' | ')"
if ($LASTEXITCODE -ne 0) { return }
$key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey("BROKENSYS_f\Select", $true)
if ($null -eq $key) { throw "no Select" }
$current = [int]$key.GetValue('Current')
$lkg = [int]$key.GetValue('LastKnownGood')
if (($current -ge 1) -and ($lkg -ne $current)) {
    $key.SetValue('LastKnownGood', $current, [Microsoft.Win32.RegistryValueKind]::DWord)
}
$key.SetValue('Failed', ($current + 1), [Microsoft.Win32.RegistryValueKind]::DWord)
$key.Flush()
$key.Close()
[System.GC]::Collect()
for ($i = 1; $i -le 3; $i++) {
    & reg.exe unload $hive 2>&1 | Out-Null
    if ($LASTEXITCODE -eq 0) { break }
    Start-Sleep -Seconds 5
}
