/** A zip file that holds one file, which is not compressed. */
export function zipOf(name: string, content: Buffer): Buffer {
	const nameBytes = Buffer.from(name);
	const entry = Buffer.alloc(26);
	// Version 2.0, no flags, stored, 1980-01-01.
	entry.writeUInt16LE(20, 0);
	entry.writeUInt16LE(0x21, 8);
	entry.writeUInt32LE(crc32(content), 10);
	entry.writeUInt32LE(content.length, 14);
	entry.writeUInt32LE(content.length, 18);
	entry.writeUInt16LE(nameBytes.length, 22);
	const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), entry, nameBytes, content]);
	const directory = Buffer.concat([
		Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
		entry,
		// No comment, first disk, no attributes, at the beginning of the file.
		Buffer.alloc(14),
		nameBytes,
	]);
	const end = Buffer.alloc(22);
	end.write('PK\x05\x06', 'latin1');
	end.writeUInt16LE(1, 8);
	end.writeUInt16LE(1, 10);
	end.writeUInt32LE(directory.length, 12);
	end.writeUInt32LE(local.length, 16);
	return Buffer.concat([local, directory, end]);
}

function crc32(bytes: Buffer): number {
	let crc = ~0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc >>> 0;
}
