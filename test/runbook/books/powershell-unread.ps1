reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM
Get-ChildItem HKLM:\BROKENSYSTEM | Where-Object { $_.Name -like '*ControlSet*' } | ForEach-Object { Remove-Item $_.PSPath -Recurse }
reg unload HKLM\BROKENSYSTEM
