reg load HKLM\BROKENSYSTEM G:\Windows\System32\config\SYSTEM
copy G:\Windows\notepad.exe F:\Windows\
