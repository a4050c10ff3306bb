md F:\temp
cmd /v:on /c "set X=1& reg load HKLM\NE F:\Windows\System32\config\SYSTEM & reg add HKLM\NE\Select /v Seen /t REG_DWORD /d !X! /f & reg unload HKLM\NE"
powershell.exe -Command "$v = (Get-Item 'F:\bootmgr').Length; if ($v -eq 0) { Set-Content -Path 'F:\temp\empty.txt' -Value ('bootmgr is {0} bytes' -f $v) }"
for /f %%v in ('powershell -NoProfile "(Get-ChildItem F:\Users -Directory).Count"') do echo %%v users> F:\temp\users.txt
