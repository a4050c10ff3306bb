// A commit of version 0.1.0, in whose order without logs no log was taken away and no sector was locked: a hive of one
// bin in which the value Name of \Software was changed from "before" to "after". Each file is gzip in base64.

import { gunzipSync } from 'node:zlib';

const bytes = (base64: string): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(base64, 'base64')));

export const OLD_ID = '20261128T193729-399Z-cb640428';
/** The hive before the commit. */
export const OLD_HIVE = bytes(
  'H4sIAAAAAAACA+3YsU7DMBAG4HOUSkylqjIw+gEY2VmZ2qowMLYFh1aBRgpVQWIgI49S9S14AB4BCTGVjbET5s6Oq1SwsZX/k64+n23FjrrEhblKFRFJ9FYPL/njq5K8QZ7kWpKWz2F3TN6fl3gLAAAAAAAA/8N4NJlS9X0fhHsAyRfW2ml2uFXjkg13AT3l+6F+X7WtX54Vc/S73TPJS55zmxHJfImI49LdN8TlCbfn1ZrEjR25cYoSOqZ9Uv7hjbarHfha5GuafzTnP/r1NZtz6a1z6dpebUUGSuX3GM4p9jiatfw0T2d3w8J88pzrsaI11y6Sr4837s+z2M19Uv4ORaIzvDGyds3jAy6suB2RoZRyKshs9jFo4j8KAAAAAAAAf/cNxzkQcQAgAAA=',
);
export const OLD_MANIFEST = bytes(
  'H4sIAAAAAAACA+2UPXMbRwyGe/8KzdbUeIHFfrGzm6RwKqVKRsXuAmtdQt5pyKMdRcP/HhwpyvYksgtPmkyuOyyAd+/Bi3s0fdpty2zW5m74IFsZ+eq36bAby+YKzMrs5zKLHvI0illd/f/8t55XZn9X0IdlwpEDSZccI0lMWTCk3ol7dYI9RAgtJxepp2Y5VQEpljEIUPGZW1Sz1IkfzPrRDKz90GIAwPQzZBcxX7ucf7luNZAlTJr8+zAuaX3YqLEMl7ncDH/K24dZ9madI6aV+TBtDtvl9ddHs5umxaSvt+P8WuNaslTePOxn2Wpc/phpsavshrIx6/Gw2azMfdnNwzxM4w+H5Urn4LD/cdqqpefdQY635zYXiY087YG5iJu1XfrMd3pw89Obd+8Wkcs934ouj6YkyPhZ+E2fZfccPfG9ZJqamXwS7lnAkaADglxSbzF362N1wN6WGkIAr4XYQnLJx+I8J1uFzaXjk4ghiAlBCFvKHXzsmbm41jiB13opjmNAnVFroKKq4Dx4623ujhKgWRjolr9/gjCW7Wnfh938cH0nhVVlSZD78/l0r6cfd8O8MJp638t8YlSfvvDx8+D+00Q9PMNYMFS0pbVGpVNipzbJTm0SHNYozEDBt+iThea9JXLiPZes5nGpdItsjitTzgQ+CZ4lXpKEgJKhqMcxYHLWQyekqpR6c4Q2Yne2Wam9IloJFcVBLSC+R9/lJHky69oeb4+rZ1L3J3TfREQ2h3+iBBbpi1ufE5+vLTpX27uT0Eosmu0DKwCsVhzZ4Ji75Rqi4gPdWQLve8uh5iDNqpteImW/JhprZfUeQ2rknBUlFXoumCsLQAvZSepRgqdMFcEyZNJZUdF/QnYIL7FqGynj97nq3x/y32hlhPAVTe+CelL3ClURUYL0xtYGQetILetR149JNzR7ouC8qDYAdV+rTU6+hHV7PL76CxLiUDSVBwAA',
);
export const OLD_DATA = bytes(
  'H4sIAAAAAAACA+2aMUvDQBTH36UpOEgsksFFyAfo6O7qZIs6ODbVpCnRBmLRgoMBF0c/hvgt/AB+BEFcbDfHTsb3crmSouBSHMz/B8f979077o73MrxwaTAIFRFJ606vn5ObFyW6SRrRnoiW1uD/MHx7ekw5/g3WFuJfOyKOf9QfjqiMr8HkgeiHPM9HcXvJxqbc5EJX6bGxT8q+9cN+NreDTudIdMY+FzGR+E/K/Dst8s3O9rg/Lte4xdxOMU+WS7u0QUpv3twsbFvaZmmb5KrH+tu4umZxL2/pXl7lrHmJTGRKn9HcU1jj5lT0YRKOr/w0+GCfs0jRnG0n7ufslceXsV343in9DUnb988DWTvn+R4bptz3KaCQEkopWJyj5yBPAQAAAAAAAACs4B9Azev/++3b97+o/9d/qf9lnc/V/5hr/1Ti4qD+BwAAAAAAAACwOsz7jwbh/UfdkPc/X1NEA0cAJgAA',
);
