$attempt = 0
do {
    $attempt++
    reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM 2>$null
} while ($LASTEXITCODE -ne 0 -and $attempt -lt 3)
$sets = 1..2 | ForEach-Object { 'ControlSet{0:d3}' -f $_ }
$i = 0
while ($i -lt $sets.Count) {
    $key = "HKLM:\BROKENSYSTEM\$($sets[$i])\Control\Lsa"
    $i++
    if (!(Test-Path $key)) { continue }
    $old = (Get-ItemProperty -Path $key -Name 'LimitBlankPasswordUse' -ErrorAction SilentlyContinue).LimitBlankPasswordUse
    if ($null -eq $old -or $old -ne 0) { Set-ItemProperty -Path $key -Name 'LimitBlankPasswordUse' -Value 0 -Type DWord }
}
reg unload HKLM\BROKENSYSTEM
