// Jest's environment for the tests: all files that a worker runs share one realm, Node's own, and with it the installed
// packages (sharedPackages.cjs), which take longer to load than most files take to run. Our own modules are loaded anew for
// each file, and what a file has changed of the global objects is put back after it.
const Module = require('node:module');
const { isAbsolute } = require('node:path');
const { createContext, Script } = require('node:vm');
const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

/** Stands for Node's own context, which has no object of the kind that Jest asks for. */
const nodesOwn = createContext();
const { runInContext } = Script.prototype;
Script.prototype.runInContext = function (context, options) {
	return context === nodesOwn ? this.runInThisContext(options) : runInContext.call(this, context, options);
};

// n8n-core is loaded by Node, but what it loads of us has to be what the tests have.
const load = Module._load;
Module._load = function (name, parent, isMain) {
	const isOurs = isAbsolute(name) && !name.includes('/node_modules/');
	const isAsked = (isOurs || name.startsWith('@langchain/')) && parent?.path.includes('/node_modules/n8n-core/');
	return isAsked ? globalThis[Symbol.for('tests/require')](name) : load.call(this, name, parent, isMain);
};

/** Objects of which tests replace parts. Those that are spied on are put back by Jest's mocker. */
const GUARDED = [globalThis, process, Math, Date, performance];

module.exports = class OneRealm {
	global = globalThis;
	#before = GUARDED.map((object) => [object, Object.getOwnPropertyDescriptors(object)]);
	#variables = { ...process.env };

	constructor({ projectConfig: config }) {
		this.moduleMocker = new ModuleMocker(globalThis);
		this.fakeTimersModern = new ModernFakeTimers({ config, global: globalThis });
		// As in Jest's environment for Node: more than Node shows is useful when a test fails.
		Error.stackTraceLimit = 100;
	}

	getVmContext() {
		return nodesOwn;
	}

	exportConditions() {
		return ['node', 'node-addons'];
	}

	async setup() {}

	async teardown() {
		this.fakeTimersModern.dispose();
		for (const [object, properties] of this.#before) putBack(object, properties);
		for (const name of Object.keys(process.env)) if (!(name in this.#variables)) delete process.env[name];
		Object.assign(process.env, this.#variables);
	}
};

function putBack(object, properties) {
	for (const key of Reflect.ownKeys(object)) if (!Object.hasOwn(properties, key)) Reflect.deleteProperty(object, key);
	for (const key of Reflect.ownKeys(properties)) {
		// What listens to the process, Jest among others, is not ours to change.
		if (key === '_events' || key === '_eventsCount') continue;
		if (!isSame(Object.getOwnPropertyDescriptor(object, key), properties[key])) {
			Reflect.defineProperty(object, key, properties[key]);
		}
	}
}

function isSame(one, other) {
	return one?.value === other.value && one?.get === other.get && one?.set === other.set;
}
