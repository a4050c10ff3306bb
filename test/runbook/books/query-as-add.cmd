reg query "HKLM\BROKENSYSTEM\ControlSet001\Control\Lsa\FIPSAlgorithmPolicy" /v Enabled /t REG_DWORD /d 0
