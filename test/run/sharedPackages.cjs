// Jest's transform for installed packages: instead of loading them once more for each test file, it takes the copy that Node
// keeps for the process. `jest.mock` works as ever, as it comes before this.
const code = 'module.exports = process.getBuiltinModule("node:module").createRequire(__filename)(__filename);';

module.exports = { process: () => ({ code }), getCacheKey: () => 'shared' };
