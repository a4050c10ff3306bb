$drivers = 'F:\Windows\System32\drivers'
Get-ChildItem $drivers -Filter 'bad*.sys' | ForEach-Object {
    Rename-Item -Path $_.FullName -NewName ($_.BaseName + '.old')
}
Copy-Item "$drivers\good.sys" "$drivers\copy.sys" -Force
Remove-Item -Path "$drivers\log.txt" -Force -ErrorAction SilentlyContinue
if (-not (Test-Path "F:\Temp")) { New-Item -ItemType Directory -Path "F:\Temp" | Out-Null }
"repaired $(Get-ChildItem $drivers | Measure-Object | Select-Object -ExpandProperty Count) files" | Out-File F:\Temp\repair.txt -Encoding ascii
