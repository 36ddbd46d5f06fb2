// n8n-core writes into the user folder and starts timers when it is loaded; neither may touch or outlive the tests.
const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

process.env.N8N_USER_FOLDER = mkdtempSync(join(tmpdir(), 'n8n-user-'));
process.env.N8N_LOG_LEVEL = 'silent';

const { setInterval: originalSetInterval } = globalThis;
globalThis.setInterval = (...args) => originalSetInterval(...args).unref();
