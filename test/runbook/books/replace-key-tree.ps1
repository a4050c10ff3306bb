Set-Location F:\
reg load HKLM\BROKENSYSTEM .\Windows\System32\config\SYSTEM
Push-Location HKLM:\BROKENSYSTEM\ControlSet001\Control
if (Test-Path .\Old) { Remove-Item .\Old -Recurse -Force }
New-Item -Path . -Name Old | Out-Null
Set-ItemProperty -Path .\Old -Name Moved -Value yes
Get-ChildItem . | Where-Object PSChildName -like 'Crash*' | ForEach-Object { Set-ItemProperty $_.PSPath NMICrashDump 1 -Type DWord }
Pop-Location
reg unload HKLM\BROKENSYSTEM
