$config = @{
    Hive = 'F:\Windows\System32\config\SYSTEM'
    Key  = 'HKLM\BROKENSYSTEM'
}
$p = Start-Process -FilePath reg.exe -ArgumentList "load $($config.Key) `"$($config.Hive)`"" -Wait -NoNewWindow -PassThru
if ($p.ExitCode -ne 0) { throw 'load failed' }
$params = @{
    Path  = 'HKLM:\BROKENSYSTEM\ControlSet001\Control\Lsa'
    Name  = 'LmCompatibilityLevel'
    Value = 3
    Type  = 'DWord'
    Force = $true
}
Set-ItemProperty @params
cmd /c "reg add HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa /v FromCmd /t REG_SZ /d `"a b`" /f"
cmd.exe /c reg unload $config.Key
