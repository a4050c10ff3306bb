function Convert-BcdText {
    param([Parameter(ValueFromPipeline)][string]$Line)
    begin { $entry = $null; $all = New-Object System.Collections.ArrayList }
    process {
        if ($Line -match '^(identifier)\s+(.+)$') {
            if ($entry) { [void]$all.Add($entry) }
            $entry = @{ id = $Matches[2].Trim() }
        } elseif ($entry -and $Line -match '^(\w+)\s{2,}(.+)$') { $entry[$Matches[1]] = $Matches[2].Trim() }
    }
    end { if ($entry) { [void]$all.Add($entry) }; $all }
}
$entries = bcdedit /store F:\Boot\BCD /enum all /v | Convert-BcdText
$loader = $entries | Where-Object { $_.path -like '*winload*' -and $_.description -notlike '*Recovery*' } | Select-Object -First 1
Write-Host "loader $($loader.id) in $($entries.Count) entries"
bcdedit /store F:\Boot\BCD /set $loader.id bootlog yes
bcdedit /store F:\Boot\BCD /set $loader['id'] sos on
bcdedit /store F:\Boot\BCD /default "$($loader.id)"
