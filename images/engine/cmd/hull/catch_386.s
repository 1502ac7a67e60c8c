#include "textflag.h"

// The kernel's numbers: arch/x86/entry/syscalls/syscall_32.tbl.
#define SYS_write 4
#define SYS_rt_sigreturn 173

// caught is called by the kernel with a signal's number, on the thread's stack for signals. There is no goroutine to run
// Go in: it only writes the number into the pipe. A pipe that is full loses signals, as a channel would.
TEXT ·caught(SB),NOSPLIT|NOFRAME,$0
	MOVL	$SYS_write, AX
	MOVL	·caughtPipe(SB), BX
	LEAL	4(SP), CX
	MOVL	$1, DX
	INT	$0x80
	RET

// resumed is where caught returns to: what the signal has interrupted goes on.
TEXT ·resumed(SB),NOSPLIT|NOFRAME,$0
	MOVL	$SYS_rt_sigreturn, AX
	INT	$0x80
	RET

// func handlers() (caught, resumed uintptr)
TEXT ·handlers(SB),NOSPLIT,$0-8
	MOVL	$·caught(SB), AX
	MOVL	AX, caught+0(FP)
	MOVL	$·resumed(SB), AX
	MOVL	AX, resumed+4(FP)
	RET
