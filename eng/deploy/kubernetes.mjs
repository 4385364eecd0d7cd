// Checks each document of a file against Kubernetes' own schemas, and KEDA's: node kubernetes.mjs FILE, run where the packages are installed.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const documents = require('yaml').parseAllDocuments(readFileSync(process.argv[2], 'utf8'));
for (const document of documents) {
  if (document.errors.length > 0) throw document.errors[0];
  const object = document.toJS();
  const models = object.apiVersion.startsWith('keda.sh/')
    ? await import(pathToFileURL(`${process.cwd()}/node_modules/@kubernetes-models/keda/${object.apiVersion}/${object.kind}.js`))
    : require(`kubernetes-models/${object.apiVersion}/${object.kind}`);
  new models[object.kind](object).validate();
}
console.log(`${documents.length} objects`);
