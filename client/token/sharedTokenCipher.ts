import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

const deriveKey = promisify<string, Buffer, number, object, Buffer>(scrypt);

const FORMAT = 'v1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** What GCM is made for. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/**
 * People choose passwords, so who reads Redis could try many: scrypt makes each try cost 32 MiB and about 0.1 s. We pay
 * that once per process and salt, off the event loop.
 */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

interface DerivedKey {
	salt: Buffer;
	key: Promise<Buffer>;
}

/**
 * Encrypts the token of an account (AES-256-GCM) under a key from the password of its credential: whoever does not know
 * the password can neither read a token out of Redis, nor put one there, nor pass that of another account off as it.
 */
export class TokenCipher {
	readonly #password: string;
	readonly #account: Buffer;
	/** Of the last token that was opened or sealed. */
	#known: DerivedKey | undefined;

	constructor(password: string, account: string) {
		this.#password = password;
		this.#account = Buffer.from(account);
	}

	async seal(token: string): Promise<string> {
		// The salt of the token that another process stored will do, and saves all the others a derivation.
		const { salt, key } = (this.#known ??= this.#derive(randomBytes(SALT_BYTES)));
		const nonce = randomBytes(NONCE_BYTES);
		const cipher = createCipheriv(CIPHER, await key, nonce, { authTagLength: TAG_BYTES });
		cipher.setAAD(this.#account);
		const content = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
		return `${FORMAT}.${Buffer.concat([salt, nonce, cipher.getAuthTag(), content]).toString('base64url')}`;
	}

	/** @returns undefined for what was not sealed with this password for this account, or was changed since */
	async open(sealed: string): Promise<string | undefined> {
		const [format, content = ''] = sealed.split('.');
		if (format !== FORMAT) return undefined;
		const bytes = Buffer.from(content, 'base64url');
		const [salt, nonce, tag, secret] = cut(bytes, SALT_BYTES, NONCE_BYTES, TAG_BYTES);
		try {
			const derived = this.#known?.salt.equals(salt) ? this.#known : this.#derive(salt);
			const decipher = createDecipheriv(CIPHER, await derived.key, nonce, { authTagLength: TAG_BYTES });
			decipher.setAAD(this.#account);
			decipher.setAuthTag(tag);
			const token = Buffer.concat([decipher.update(secret), decipher.final()]).toString('utf8');
			this.#known = derived;
			return token;
		} catch {
			return undefined;
		}
	}

	#derive(salt: Buffer): DerivedKey {
		return { salt, key: deriveKey(this.#password, salt, KEY_BYTES, SCRYPT) };
	}
}

function cut(bytes: Buffer, ...lengths: [number, number, number]): [Buffer, Buffer, Buffer, Buffer] {
	const [a, b, c] = lengths;
	return [bytes.subarray(0, a), bytes.subarray(a, a + b), bytes.subarray(a + b, a + b + c), bytes.subarray(a + b + c)];
}
