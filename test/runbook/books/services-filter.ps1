reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
$services = Get-ChildItem 'HKLM:\BROKENSYSTEM\ControlSet001\Services'
$bad = $services | Where-Object { $_.GetValue('Start') -eq 4 -and $_.PSChildName -match '^(TermService|UmRdpService|SessionEnv)$' }
"found $(@($bad).Count)"
foreach ($s in $bad) {
    switch -Regex ($s.PSChildName) {
        '^TermService$' { $start = 3 }
        default { $start = 2 }
    }
    Set-ItemProperty -Path $s.PSPath -Name Start -Value $start
}
reg unload HKLM\BROKENSYSTEM
