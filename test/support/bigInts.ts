/**
 * Where n8n was loaded, and it may have been for another test file of this process, JSON can write BigInts. Registers that
 * the tests of this file, or of the `describe` around, run as if it never was.
 */
export function jsonWritesNoBigInts(): void {
	const added = Object.getOwnPropertyDescriptor(BigInt.prototype, 'toJSON');
	if (!added) return;
	beforeAll(() => Reflect.deleteProperty(BigInt.prototype, 'toJSON'));
	afterAll(() => Object.defineProperty(BigInt.prototype, 'toJSON', added));
}
