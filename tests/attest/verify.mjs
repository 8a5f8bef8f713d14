// Verifies a Sigstore bundle with a public key: `node verify.mjs BUNDLE KEY.pub`. Prints the payload's type, or why it is refused.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const { bundleFromJSON } = require("@sigstore/bundle");
const { Verifier, toSignedEntity } = require("@sigstore/verify");

const [, , file, key] = process.argv;
try {
  const bundle = bundleFromJSON(JSON.parse(readFileSync(file, "utf8")));
  const publicKey = createPublicKey(readFileSync(key));
  const trust = {
    certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [],
    publicKey: () => ({ publicKey, validFor: () => true }),
  };
  new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundle));
  console.log(bundle.content.dsseEnvelope.payloadType);
} catch (problem) {
  console.error(problem.code ?? problem.name, problem.message);
  process.exit(1);
}
