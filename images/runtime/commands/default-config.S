// The file as it stands, for `hullrun spec`.
    .section .rodata
    .global default_config, default_config_end
default_config:
    .incbin "default-config.json"
default_config_end:
    .section .note.GNU-stack, "", %progbits
