// n8n-core writes into the user folder and starts timers when it is loaded; neither may touch or outlive the tests.
const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

process.env.N8N_USER_FOLDER = mkdtempSync(join(tmpdir(), 'n8n-user-'));
process.env.N8N_LOG_LEVEL = 'silent';

const { setInterval: originalSetInterval } = globalThis;
globalThis.setInterval = (...args) => originalSetInterval(...args).unref();

// n8n-core is loaded once for many test files (test/run/sharedPackages.cjs). The nodes that it loads are those of this file,
// and what it has made of its settings is made anew.
globalThis[Symbol.for('tests/require')] = require;
require('@n8n/di').Container.reset();
