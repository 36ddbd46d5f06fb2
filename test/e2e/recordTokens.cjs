// Remembers every token that the sandbox makes, which by itself tells nobody. For the search for leaks: loaded into the
// sandbox's process, with RECORDED_TOKENS naming the file that they are written to.
const crypto = require('node:crypto');
const { appendFileSync } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const TOKEN_BYTES = 32;
const { randomBytes } = crypto;

crypto.randomBytes = (size, ...rest) => {
	const bytes = randomBytes(size, ...rest);
	if (size === TOKEN_BYTES && process.env.RECORDED_TOKENS) {
		appendFileSync(process.env.RECORDED_TOKENS, `${bytes.toString('base64url')}\n`);
	}
	return bytes;
};
syncBuiltinESMExports();

/** Test files of one run share this process, and `node:crypto` with it. */
module.exports = function stopRecording() {
	crypto.randomBytes = randomBytes;
	syncBuiltinESMExports();
};
