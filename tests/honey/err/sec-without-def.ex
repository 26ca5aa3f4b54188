use Honey, license: "GPL"
@sec "raw_tp/sys_enter"
