// Jest's resolver: where `N8N_ENGINE` names a folder with another n8n engine, that one is what tests and nodes get.
// Not a `moduleNameMapper`, which is part of the key under which Jest keeps compiled files: each engine would compile all anew.
const engine = process.env.N8N_ENGINE;
const isOfEngine = (request) => /^(n8n-core|n8n-workflow|reflect-metadata|@n8n\/[\w-]+)(\/|$)/.test(request);

module.exports = (request, options) =>
	options.defaultResolver(request, engine && isOfEngine(request) ? { ...options, basedir: engine } : options);
