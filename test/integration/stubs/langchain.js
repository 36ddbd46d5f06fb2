// n8n-core mentions LangChain, which ships ES modules that Jest cannot load. Of all of it, n8n uses one thing with our
// nodes: this, which keeps what it was made of.
class DynamicStructuredTool {
	constructor(fields) {
		Object.assign(this, fields);
	}

	/** As a model calls it. */
	async invoke(args) {
		return await this.func(this.schema.parse(args));
	}
}

module.exports = new Proxy(
	{ __esModule: true, DynamicStructuredTool },
	{ get: (known, key) => (key in known ? known[key] : class {}) },
);
