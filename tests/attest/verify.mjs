// Verifies a Sigstore bundle: `node verify.mjs BUNDLE KEY.pub [TRUSTED-ROOT.json]`, or `node verify.mjs BUNDLE - TRUSTED-ROOT.json IDENTITY ISSUER`.
// With a trusted root a time stamp of one of its authorities is wanted besides the key. Prints the payload's type, or why it is refused.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const { bundleFromJSON } = require("@sigstore/bundle");
const { TrustedRoot } = require("@sigstore/protobuf-specs");
const { Verifier, toSignedEntity, toTrustMaterial } = require("@sigstore/verify");

const [, , file, key, root, identity, issuer] = process.argv;
const none = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
try {
  const bundle = bundleFromJSON(JSON.parse(readFileSync(file, "utf8")));
  const keys = key === "-" ? undefined : () => ({ publicKey: createPublicKey(readFileSync(key)), validFor: () => true });
  const trust = root ? toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(readFileSync(root, "utf8"))), keys) : { ...none, publicKey: keys };
  const wanted = identity
    ? { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 }
    : { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: root ? 1 : 0 };
  const policy = identity ? { subjectAlternativeName: identity, extensions: { issuer } } : undefined;
  new Verifier(trust, wanted).verify(toSignedEntity(bundle), policy);
  console.log(bundle.content.dsseEnvelope.payloadType);
} catch (problem) {
  console.error(problem.code ?? problem.name, problem.message);
  process.exit(1);
}
