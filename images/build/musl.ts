import { run } from './command';
import { crossPrefix } from './toolchain';

/**
 * A GCC specs file that makes the cross compiler use the sysroot's musl, statically, instead of its own glibc.
 * A static program is then 50 KB rather than 700 KB, which counts in every boot (docs/adr/0003).
 * https://gcc.gnu.org/onlinedocs/gcc/Spec-Files.html
 */
export async function muslSpecs(sysroot: string): Promise<string> {
  const compilerHeaders = (await run([`${crossPrefix}gcc`, '-print-file-name=include'])).trim();
  const headers = [
    `${sysroot}/usr/include/i386-linux-musl`,
    compilerHeaders,
    // The kernel's, which Debian keeps beside glibc's.
    `${sysroot}/usr/include/i386-linux-gnu`,
    `${sysroot}/usr/include`,
  ];
  const search = `-nostdinc ${headers.map((folder) => `-isystem ${folder}`).join(' ')}`;
  const libraries = `${sysroot}/usr/lib/i386-linux-musl`;
  return Object.entries({
    cpp_options: `${search} %(old_cpp_options)`,
    cc1: `%(cc1_cpu) ${search}`,
    startfile: `${libraries}/crt1.o ${libraries}/crti.o crtbeginT.o%s`,
    endfile: `crtend.o%s ${libraries}/crtn.o`,
    link_libgcc: `-L${libraries} %D`,
    libgcc: 'libgcc.a%s libgcc_eh.a%s',
    lib: '-lc',
    link: '-m elf_i386 -static -nostdlib',
  }).reduce(
    (text, [name, spec]) => `${text}*${name}:\n${spec}\n\n`,
    '%rename cpp_options old_cpp_options\n\n',
  );
}
