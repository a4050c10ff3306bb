@echo off
echo(
echo.
echo.Repairing %~n0
title Repair
color 0A
cls
reg load HKLM\BROKENSYSTEM F:\Windows\System32\config\SYSTEM>nul&&echo(loaded
echo y|reg delete HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa\NotThere
reg add HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa /v X /t REG_SZ /d "a & b ^ c" /f
timeout /t 5 /nobreak >nul
reg unload HKLM\BROKENSYSTEM
