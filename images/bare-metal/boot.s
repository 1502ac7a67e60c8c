# A guest that is no Linux: the 512 bytes that a PC's firmware reads from a disk and jumps to. It takes the processor to
# protected mode, lets the timer interrupt it a hundred times a second, and shows the count on the screen and on the
# serial port. What a kernel adds to this is protection, processes, memory, files and networks.
#
# Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3, 9.9 (switching to protected mode), 6.11 (IDT);
# 8254 and 8259A data sheets; IBM VGA text mode: two bytes a cell from 0xB8000, character and colour.

.intel_syntax noprefix

.set code_segment, 0x08
.set data_segment, 0x10
.set screen, 0xb8000
.set columns, 80
.set colour, 0x0f                       # white on black
.set com1, 0x3f8
.set hertz, 100
.set divisor, 1193182 / hertz           # the 8254's input clock, in Hz
.set timer_vector, 0x20
.set idt, 0x1000                        # memory that nobody uses
.set counter_cell, screen + 2 * (2 * columns + 18)

.section .text
.globl start

.code16
start:
    ljmp    0, offset here              # firmware may come as 07c0:0000
here:
    cli
    cld
    xor     ax, ax
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     sp, 0x7c00
    mov     ax, 3                       # INT 10h, function 0: text, 80 by 25; clears the screen
    int     0x10
    in      al, 0x92                    # address line 20: without it every other megabyte would be the one below
    or      al, 2
    out     0x92, al
    lgdt    [gdt_pointer]
    mov     eax, cr0
    or      al, 1                       # PE
    mov     cr0, eax
    ljmp    code_segment, offset protected

.code32
protected:
    mov     ax, data_segment
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     esp, 0x7c00

    # Serial port: 115200 baud, 8 data bits, no parity, as the console of the other machines.
    mov     esi, offset serial_setup
    mov     ecx, 4
1:  movzx   edx, byte ptr [esi]
    add     edx, com1
    mov     al, [esi + 1]
    out     dx, al
    add     esi, 2
    loop    1b

    mov     esi, offset greeting
    mov     edi, screen
    call    print

    # One gate: present, ring 0, 32-bit interrupt. Any other interrupt or fault finds none, and resets the machine.
    mov     eax, code_segment << 16
    mov     ax, offset tick
    mov     [idt + 8 * timer_vector], eax
    mov     dword ptr [idt + 8 * timer_vector + 4], 0x8e00
    lidt    [idt_pointer]

    # Both interrupt controllers: vectors from 0x20, which faults do not use; all lines masked but the timer's.
    mov     esi, offset pic_setup
    mov     ecx, 7
2:  movzx   edx, byte ptr [esi]
    mov     al, [esi + 1]
    out     dx, al
    add     esi, 2
    loop    2b

    mov     al, 0x34                    # channel 0, both bytes of the count, mode 2: periodic
    out     0x43, al
    mov     al, divisor & 0xff
    out     0x40, al
    mov     al, divisor >> 8
    out     0x40, al

    sti
wait:
    hlt
    cmp     dword ptr [until_line], 0
    jg      wait
    mov     dword ptr [until_line], hertz
    mov     esi, offset label           # once a second the line on the serial port too
    mov     edi, screen + 2 * 2 * columns
    call    print
    mov     esi, counter_cell
digits:
    lodsw
    call    send
    cmp     esi, counter_cell + 2 * 10
    jb      digits
    mov     al, '\n'
    call    send
    jmp     wait

# The timer's interrupt: counts, and writes the count where it is seen.
tick:
    pusha
    dec     dword ptr [until_line]
    inc     dword ptr [count]
    mov     eax, [count]
    mov     edi, counter_cell + 2 * 9
    mov     ebx, 10
1:  xor     edx, edx
    div     ebx
    add     dl, '0'
    mov     dh, colour
    mov     [edi], dx
    sub     edi, 2
    cmp     edi, counter_cell
    jae     1b
    mov     al, 0x20                    # end of interrupt
    out     0x20, al
    popa
    iret

# ESI: text that ends in 0. EDI: where on the screen.
print:
    lodsb
    test    al, al
    jz      1f
    call    send
    cmp     al, '\n'
    je      print
    mov     ah, colour
    stosw
    jmp     print
1:  ret

# AL: a character for the serial port, which is waited for.
send:
    push    eax
    mov     edx, com1 + 5               # line status
1:  in      al, dx
    test    al, 0x20                    # transmitter holding register empty
    jz      1b
    pop     eax
    mov     edx, com1
    out     dx, al
    ret

greeting:
    .asciz  "No Linux here: 512 bytes, a processor and a timer.\n"
label:
    .asciz  "Timer interrupts: "

# Pairs of register and value: interrupts off, divisor latch, 1, 8N1.
serial_setup:
    .byte   1, 0,  3, 0x80,  0, 1,  3, 0x03

# Pairs of port and value: the 8259A's initialization command words, then the masks.
pic_setup:
    .byte   0x20, 0x11,  0x21, timer_vector,  0x21, 4,  0x21, 1
    .byte   0xa1, 0xff,  0x21, 0xfe,  0x20, 0x20

count:
    .long   0
until_line:
    .long   1

.balign 4
# Flat: all of memory as code, all of memory as data.
gdt:
    .quad   0
    .quad   0x00cf9a000000ffff
    .quad   0x00cf92000000ffff
gdt_pointer:
    .word   gdt_pointer - gdt - 1
    .long   gdt
idt_pointer:
    .word   8 * (timer_vector + 1) - 1
    .long   idt

# What makes it bootable in the eyes of the firmware.
.org 510
    .word   0xaa55
