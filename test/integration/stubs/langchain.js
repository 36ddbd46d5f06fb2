// n8n-core mentions LangChain, which ships ES modules that Jest cannot load; no node of ours uses it.
module.exports = new Proxy({ __esModule: true }, { get: (known, key) => (key in known ? known[key] : class {}) });
