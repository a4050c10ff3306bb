// Stands for powershell.exe under Wine, whose own does nothing. Answers hivemend's descriptor script (src/disk/mounted/powershell.ts)
// as Windows would, from a file that keeps the descriptors; whatever else it is asked is an error.

const { existsSync, readFileSync, statSync, writeFileSync } = require('node:fs');

/** O:BAG:BAD:(A;ID;FA;;;WD), what a folder made at the root of a drive might inherit. */
const INHERITED = `01000084${'30000000'}${'30000000'}00000000${'14000000'}02001c0001000000${'00101400ff011f00010100000000000100000000'}${'01020000000000052000000020020000'}`;

const store = process.env.HIVEMEND_TEST_DESCRIPTORS;
const [request, encodedPath] = readFileSync(0, 'utf8').split('\n');
const path = Buffer.from(encodedPath ?? '', 'base64').toString('utf16le');

if (!process.argv.includes('-EncodedCommand') || !/^(read$|write [0-9a-f]+$)/.test(request)) {
  process.stderr.write('this is no PowerShell\n');
  process.exitCode = 1;
} else if (!existsSync(path)) {
  process.stdout.write('ERR 2\r\n');
} else {
  const kept = existsSync(store) ? JSON.parse(readFileSync(store, 'utf8')) : {};
  // Another file of the same name is another descriptor.
  const key = `${path.toLowerCase()} ${statSync(path).ino}`;
  if (request === 'read') process.stdout.write(`OK ${kept[key] ?? INHERITED}\r\n`);
  else {
    kept[key] = request.slice('write '.length);
    writeFileSync(store, JSON.stringify(kept));
    process.stdout.write('OK\r\n');
  }
}
