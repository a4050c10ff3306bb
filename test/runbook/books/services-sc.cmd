sc config gpsvc start= disabled sc query gpsvc
sc config TermService start= demand obj= "NT Authority\NetworkService"
